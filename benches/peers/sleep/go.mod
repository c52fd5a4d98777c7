module sleep

go 1.24
