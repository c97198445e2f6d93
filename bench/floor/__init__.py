"""The least that a site of ours could be: the same middleware, one view per limit."""
