// completion-texts: writes what the build makes of the command lines of hvfbctl, hvfb-console,
// hvfb-inputd, hvfb-run, hvfb-vnc and hvhost.
#include "completion_texts.h"
#include "fill_in.h"

int main(int argc, char** argv) {
    return texts::fill_in({argv, static_cast<std::size_t>(argc)},
                          [](texts::Texts& made, const std::set<std::string>& properties) {
                              texts::add_completion_texts(made, properties);
                              texts::add_console_completion_texts(made);
                              texts::add_input_completion_texts(made);
#ifdef HVFBD_RUN
                              texts::add_run_completion_texts(made);
#endif
#ifdef HVFBD_VNC
                              texts::add_vnc_completion_texts(made);
#endif
                              texts::add_hvhost_completion_texts(made);
                          });
}
