"""Figures for print: what stands where on a page, before any painter or file format."""
