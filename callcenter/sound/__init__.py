"""Sound for the whole product: read any file, resample, level, trim, write what Asterisk plays.

Knows nothing of the product but the base of its errors. Samples are mono floats, full scale at -1 and 1.
"""
