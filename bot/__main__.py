"""`kyoso` and `python -m bot`: the whole command line."""

from bot.cli import main

if __name__ == "__main__":
    main()
