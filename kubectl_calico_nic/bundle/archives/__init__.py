"""What is packed -> the files inside: gzip, tar, zip, within limits."""
