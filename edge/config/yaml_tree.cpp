#include "edge/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace portcullis::config {
namespace {

constexpr std::size_t most_depth = 16;

std::string place_of(const std::string& file, int line, int column) {
  return file + ':' + std::to_string(line) + ':' + std::to_string(column);
}

// The parser says what it stumbled over, not that it is a tab that looks like blanks.
const char* advice_on(std::string_view text, int line) {
  for (; line > 0 && text.find('\n') != text.npos; --line) text.remove_prefix(text.find('\n') + 1);
  const std::string_view indentation = text.substr(0, text.find_first_not_of(" \t"));
  return indentation.find('\t') == indentation.npos ? "" : "; indent with blanks, not with tabs";
}

// Reads the parser's events: its nodes would merge and overwrite silently.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, std::vector<RuleProblem>& problems) : file_(std::move(file)), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fault(mark, "a second document; one file holds one configuration, so remove this one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    const YamlNode nothing = scalar(mark, "");
    // The parser's mark is behind it, often on the next line: its key is a better place.
    add(is_value_next() ? at_place_of(levels_.back().key, nothing) : nothing);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fault(mark, "an alias (*name); write the value out");
    add(scalar(mark, ""));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    add(scalar(mark, value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(mark, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(mark, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

  YamlNode& root() { return root_; }

 private:
  struct Level {
    YamlNode node;
    YamlNode key;
    enum class Next : std::uint8_t { key, value } next = Next::key;
  };

  static YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  static YamlNode scalar(const YAML::Mark& mark, const std::string& text) {
    YamlNode node = node_at(mark, YamlNode::Kind::scalar);
    node.text = text;
    return node;
  }

  void fault(const YAML::Mark& mark, std::string message) {
    problems_.push_back({place_of(file_, mark.line + 1, mark.column + 1), std::move(message)});
  }
  void fault(const YamlNode& node, std::string message) {
    problems_.push_back({place_of(file_, node.line, node.column), std::move(message)});
  }

  // "?" and "!" are the parser's words for "plain" and "quoted".
  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) fault(mark, "an anchor (&name); write the value out where it is used");
    if (!tag.empty() && tag != "?" && tag != "!") fault(mark, "a tag (!name) has no meaning here; remove it");
  }

  bool is_value_next() const { return !levels_.empty() && levels_.back().next == Level::Next::value; }
  static YamlNode at_place_of(const YamlNode& key, YamlNode node) {
    node.line = key.line;
    node.column = key.column;
    return node;
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (levels_.size() == most_depth) fault(mark, "nested more than 16 levels deep; no key needs that");
    levels_.push_back({node_at(mark, kind), {}});
  }
  void close() {
    YamlNode done = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(done));
  }

  void add(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::sequence) {
      level.node.items.push_back(std::move(node));
    } else if (level.next == Level::Next::key) {
      if (node.kind != YamlNode::Kind::scalar) fault(node, "a key must be a word, not a list or a mapping");
      if (node.text == "<<") fault(node, "a merge key (<<); write the keys out");
      if (level.node.find(node.text)) fault(node, "the key '" + node.text + "' stands here twice; remove one");
      level.key = std::move(node);
      level.next = Level::Next::value;
    } else {
      level.node.members.push_back({std::move(level.key), std::move(node)});
      level.next = Level::Next::key;
    }
  }

  std::string file_;
  std::vector<RuleProblem>& problems_;
  std::vector<Level> levels_;
  YamlNode root_;
  int documents_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

Result<YamlNode, std::vector<RuleProblem>> parse_yaml(const std::string& file, const std::string& text) {
  std::vector<RuleProblem> problems;
  if (text.starts_with("\xEF\xBB\xBF")) {
    problems.push_back({place_of(file, 1, 1), "a byte order mark; save the file as plain UTF-8"});
    return problems;
  }
  TreeBuilder builder{file, problems};
  try {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder) && problems.empty()) {
    }
  } catch (const YAML::Exception& fault) {
    problems.push_back({place_of(file, fault.mark.line + 1, fault.mark.column + 1),
                        "not YAML: " + fault.msg + advice_on(text, fault.mark.line)});
  }
  if (problems.empty() && builder.root().kind != YamlNode::Kind::mapping)
    problems.push_back({place_of(file, 1, 1), "empty, or not a mapping of keys to values"});
  if (!problems.empty()) return problems;
  return std::move(builder.root());
}

}  // namespace portcullis::config
