"""Everything that can go wrong at once, while messages are due.

    machines   a database, a broker, a relay, workers and beats of the harness's own
    people     clients whose messages fall due wave by wave, and who change their minds
    kinds      the faults, by name
    ledger     what arrived beside what the database says: lost, twice, after a stop

All of it is real: processes of their own, killed by signals. Only business time is
the harness's, and beat passes it on.
"""
