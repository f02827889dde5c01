# SPDX-License-Identifier: GPL-3.0-or-later
# For a tap. Not tried: no Homebrew was at hand. The sum is that of SHA256SUMS once the archive is published.
class Tcpchat < Formula
  desc "Netcat for people: TCP conversations that understand text"
  homepage "https://tcpchat.example"
  url "https://tcpchat.example/releases/tcpchat-0.2.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license all_of: ["GPL-3.0-or-later", "BSD-3-Clause", "Unicode-DFS-2016"]

  depends_on "cmake" => :build
  depends_on "gettext" => :build
  depends_on "libseccomp" => :build
  depends_on "pkgconf" => :build
  depends_on "libuv"
  depends_on :linux
  depends_on "ncurses"
  depends_on "openssl@3"
  depends_on "pcre2"
  depends_on "readline"
  depends_on "utf8proc"

  def install
    args = %w[
      -DTCPCHAT_STATIC_LIBRARIES=OFF
      -DTCPCHAT_STATIC_READLINE=OFF
      -DTCPCHAT_TLS=ON
      -DTCPCHAT_PCRE2=ON
      -DTCPCHAT_SANDBOX=ON
    ]
    system "cmake", "-S", ".", "-B", "build", *args, *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    port = free_port
    listener = spawn(bin/"tcpchat", "listen", "-e", "gbk", port.to_s, in: "/dev/null", out: "said")
    pipe_output("#{bin}/tcpchat connect -e gbk --retry 10 localhost #{port}", "你好", 0)
    Process.wait(listener)
    assert_equal "你好", (testpath/"said").read
  end
end
