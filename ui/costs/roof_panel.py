"""The roofline with the button that measures the device."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cnnviz.breakdown import Breakdown
from cnnviz.requests import Device, DevicePeak, MeasurePeak
from cnnviz.roofline import ridge, spots
from ui.controller import Controller
from ui.costs.amounts import Amounts
from ui.costs.roofline import Roofline, rate
from ui.lanes import Lane
from ui.theme import SNUG, TIGHT


class RoofPanel(QWidget):
    """Measures what a device can do when asked, once each, and shows the rows below it.

    Args:
        controller: The window's state.
        lane: Where the engine is.
    """

    def __init__(self, controller: Controller, lane: Lane) -> None:
        super().__init__()
        self._controller, self._lane = controller, lane
        self._peaks: dict[Device, DevicePeak] = {}
        self._table: Breakdown | None = None
        self._amounts = Amounts()
        self.plot = Roofline()
        self.measure = QPushButton()
        self.measure.setToolTip("A large matrix product and a large array, a second or so")
        self.said = QLabel()
        self.said.setWordWrap(True)
        row = QHBoxLayout()
        row.setContentsMargins(SNUG, 0, SNUG, 0)
        row.addWidget(self.said, 1)
        row.addWidget(self.measure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, TIGHT, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        self.measure.clicked.connect(self._measure)

    @property
    def device(self) -> Device | None:
        """Where the last pass ran; failing that, the best there is."""
        run = self._controller.run
        if run is not None:
            return run.device
        return next(iter(self._controller.devices), None)

    def show_table(self, table: Breakdown | None, amounts: Amounts) -> None:
        """Show other rows; they are worked out once somebody looks."""
        self._table, self._amounts = table, amounts
        if self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed meanwhile."""
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        table, amounts = self._table, self._amounts
        device = self.device
        peak = self._peaks.get(device) if device is not None else None
        found = spots(table, amounts.batch, amounts.dtype) if table is not None else ()
        self.plot.show_spots(table, found, peak)
        self.measure.setVisible(peak is None)
        self.measure.setEnabled(device is not None)
        self.measure.setText("Measure this device" if device is None else f"Measure {device.name}")
        if peak is None:
            self.said.setText(
                "How much each part computes for a byte that it reads or writes; the device's "
                "peak is not measured yet."
            )
            return
        slow = sum(spot.intensity < ridge(peak) for spot in found)
        text = (
            f"{peak.device.name}: {rate(peak.flops)} and {peak.bandwidth / 1e9:.3g} GB/s, measured "
            f"in float32. Below {ridge(peak):.3g} FLOP a byte memory is the limit: so it is for "
            f"{slow} of these {len(found)}."
        )
        if found and all(spot.achieved is None for spot in found):
            text += " Rings stand at the roof: no pass was measured so."
        self.said.setText(text)

    def _measure(self) -> None:
        device = self.device
        if device is None:
            return
        self.measure.setEnabled(False)
        self.said.setText(f"Measuring {device.name}…")
        self._lane.submit(
            MeasurePeak(device),
            on_success=self._measured,
            on_failure=self._failed,
            on_cancelled=lambda: self._failed("It was not measured."),
        )

    def _measured(self, peak: DevicePeak) -> None:
        self._peaks[peak.device] = peak
        self._show()

    def _failed(self, text: str) -> None:
        self.measure.setEnabled(True)
        self.said.setText(text)
