"""`python -m pipeline`: the same as the `polyreel` command."""

from pipeline.cli import main

main()
