"""What is true of continuous glucose monitoring anywhere.

Nothing here knows Home Assistant, reads a clock or keeps a setting: sources
fetch, the timeline orders, and pure functions say what it means.
"""
