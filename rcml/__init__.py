"""RCML documents: the verbs, declared once, and the interpreter that runs them against a call."""
