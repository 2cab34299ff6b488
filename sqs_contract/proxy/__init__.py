"""A proxy between an SQS endpoint and a consumer that polls by itself: it does what SQS may do.

Theory of operation. A call arrives in one of the two protocols of SQS (`wire`), is
struck by a fault or not (`rules`, which know no network and no clock), goes on to the
endpoint (`upstream`), and its answer comes back, changed or not (`server`). What
happened becomes a history; looks at the effects are taken while it does (`looks`), and
in the end the clauses are judged from both (`judging`).
"""
