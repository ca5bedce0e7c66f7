"""`python -m indexer`: the indexing commands alone."""

from indexer.cli import main

if __name__ == "__main__":
    main()
