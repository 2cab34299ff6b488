"""What is found, and how soon: 24 classes of bugs, scored for us and for what people use today."""
