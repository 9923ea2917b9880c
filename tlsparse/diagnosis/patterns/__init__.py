"""One pattern a file, named for what it finds. To add one, copy one: every module here is found by itself."""
