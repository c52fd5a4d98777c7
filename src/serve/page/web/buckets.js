// buckets
