def test_turning_the_graph_is_a_command_and_is_remembered(make_workbench):
    bench = make_workbench()
    assert bench.graph.direction == "down"
    bench.window.actions_by_id["turn_graph"].trigger()
    assert bench.graph.direction == "right"
    another = make_workbench()
    assert another.graph.direction == "right"
    assert another.window.actions_by_id["turn_graph"].isChecked()
    another.window.actions_by_id["turn_graph"].trigger()
    assert another.graph.direction == "down"


def test_the_boxes_of_an_opened_model_carry_its_costs(workbench, qtbot):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    boxes = {box.key: box for box in workbench.graph.scene.boxes}
    # The paper's C1: 6 filters of 5 x 5 with a bias, at 28 x 28 positions.
    assert ("156 params", "117.6 kMAC") in boxes["c1_conv"].rows
