// quantile
