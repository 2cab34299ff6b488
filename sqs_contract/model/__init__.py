"""What AWS does: queues, the event source mapping, events, the reading of a response.

Sans-IO. Nothing here reads a clock, draws a random number or knows a handler:
time is an argument, in integer milliseconds. Each rule carries its number from
the list in docs/fidelity.md, which is made of them.
"""
