"""NuClick: one click, one nucleus (Alemi Koohbanani et al., Medical Image Analysis 65, 2020), and its successor."""
