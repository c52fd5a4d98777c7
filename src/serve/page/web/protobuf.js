// protobuf
