"""Who, what and where: teams, slides, annotations and model versions. Never imports torch."""
