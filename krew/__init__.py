"""What ``make dist`` makes of this project for krew: one archive for Linux and macOS, its manifest.

``python -m krew`` writes both into ``dist``.
"""
