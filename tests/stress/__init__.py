"""What an index and its parsers survive, counted. ``--trials`` chooses how many trials each test makes:

    smoke   a few, so that the ordinary test run holds the tests themselves
    ci      what every change has to pass (``make stress TRIALS=ci``)
    stress  what a release has to pass (``make stress``)

A test names its row of the table with ``@pytest.mark.row``, asks the fixture ``trials`` how many to make, and
says after each one that it held. The table is printed at the end, and written where ``--table`` says.
"""
