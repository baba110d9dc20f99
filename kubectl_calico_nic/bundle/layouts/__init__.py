"""What a file is and whose, by its name and its beginning: the layouts of dumps and bundles."""
