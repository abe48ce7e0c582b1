"""What is learned from examples: kinds, languages and topics of questions, on a sentence encoder."""
