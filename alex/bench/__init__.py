"""Measurements on the machine they run on. Ratios within one run say more than absolute times of different runs."""
