"""What fills the window: the panels, and the wires between them and the controller."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QSplitter, QTabWidget, QWidget

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.errors import UserError
from cnnviz.images import SUFFIXES
from cnnviz.receptive_field import receptive_fields
from cnnviz.requests import Activation, NodeRun, Progress, Weights
from models.registry import catalog
from ui import describe, words
from ui.actions import COMMANDS
from ui.controller import Controller, Selection
from ui.graph.canvas import GraphCanvas
from ui.lanes import Lane
from ui.main_window import MODEL_SUFFIXES, MainWindow
from ui.panels.feature_maps import FeatureMapPanel, FilterPanel
from ui.panels.inspector import Inspector
from ui.panels.library import LibraryPanel
from ui.panels.samples import SamplesPanel
from ui.panels.scrubber import Scrubber
from ui.panels.status import StatusBar
from ui.playback import Playback
from ui.samples import PictureMemory, sort_for
from ui.settings import DEVICE, GROUPING, MODEL, SPEED, SPLITTER
from ui.top_bar import fill_menu
