"""What a question asks for, refers to, and needs to be answered."""
