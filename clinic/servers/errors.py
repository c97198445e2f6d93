"""What can go wrong with a server, said in one sentence for whoever started it."""


class ServerError(Exception):
    """A server cannot be started, stopped or reached; the text says what to do."""
