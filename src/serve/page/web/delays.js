// delays
