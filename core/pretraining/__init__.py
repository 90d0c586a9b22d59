"""Training the embedded backbones by distillation: images, views, teachers, targets, student, loop, export.

The command is `python -m core.pretraining.cli`. The method is consistent teaching (Beyer et al. 2022, "Knowledge
distillation: a good teacher is patient and consistent"): the student sees the same view of an image as its teacher.
"""
