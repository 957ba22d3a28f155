# SPDX-License-Identifier: GPL-2.0
"""Sphinx configuration.  tools/docs says where things are, in the environment:
SUITE is the checkout, KERNEL_SOURCE a kernel tree with the kernel-doc extension."""

import os
import sys

suite = os.environ["SUITE"]
kernel = os.environ["KERNEL_SOURCE"]
sys.path.insert(0, os.path.join(kernel, "Documentation", "sphinx"))

project = "RDMA anywhere"
author = "the developers of the suite"
copyright = author
language = "en"
master_doc = "index"
extensions = ["kerneldoc"]
primary_domain = "c"
highlight_language = "none"

html_theme = "alabaster"
html_show_copyright = False
html_theme_options = {
    "description": "Software RDMA and its protocols, on any machine",
    "page_width": "76em",
    "sidebar_width": "16em",
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}

# Words that kernel headers add to declarations and that the C parser of Sphinx
# does not know.
c_id_attributes = [
    "__init", "__exit", "__must_check", "__always_inline", "noinline", "__user",
    "__iomem", "__rcu", "__percpu", "__printf", "__bitwise", "__cold",
    "VISIBLE_IF_KUNIT",
]

kerneldoc_bin = os.path.join(kernel, "scripts", "kernel-doc")
kerneldoc_srctree = suite
kerneldoc_verbosity = 1
