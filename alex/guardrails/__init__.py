"""The adversarial set of the input screen and of the output rules, what it measures, and the page that says so."""
