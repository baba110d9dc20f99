module goregexp

go 1.21
