"""The form of a question: its clauses, what a yes to it says, and what it suggests as an answer."""
