// Standard input, output and error, also of a program that was started without them.
#pragma once

namespace portcullis::system {

/// Takes the numbers 0 to 2 where they are closed, so that no socket or file that is opened later gets one of them, and
/// is read, or written to by the log. Reading and writing there fails as before. Before anything else is opened.
void hold_standard_streams() noexcept;

}  // namespace portcullis::system
