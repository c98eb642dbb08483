using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>A real terminal, driven as a person would.</summary>
public sealed class TerminalTests(TestImages images) : IAsyncDisposable
{
    private const string Host = "host>";
    private const string Box = "box#";
    private static readonly Need s_tmux = CrunSharp.Testing.Host.Command("tmux");
    private readonly Installation _own = new(images);

    public async ValueTask DisposeAsync()
    {
        Tmux("kill-server");
        await _own.DisposeAsync();
    }

    [Fact]
    public async Task Run_OnATerminal_IsAShellThatResizesIsInterruptedAndGivesTheTerminalBack()
    {
        CrunSharp.Testing.Host.Requires(s_tmux);
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "25", "env", "PS1=host> ", "sh").Succeeded();
        await TypeAsync($"export CONTAINERS_REGISTRIES_CONF={_own.Environment["CONTAINERS_REGISTRIES_CONF"]}; stty -a > {_own.Scratch["before"]}; clear", Host);
        await TypeAsync($"{_own.Prefix} run --rm -it --network none -e PS1=$(printf 'b%sx# ' o) alpine sh", Box);
        await TypeAsync("tty; stty size", "/dev/pts/0");
        await SeeAsync("25 90");
        Tmux("resize-window", "-x", "101", "-y", "33").Succeeded();
        await TypeAsync("stty size", "33 101");
        await TypeAsync("echo begun; sleep 1000; echo after=$?", "begun\n");
        Tmux("send-keys", "C-c").Succeeded();
        await TypeAsync("echo code=$?", "code=130");
        await TypeAsync("exit 42", Host);
        await TypeAsync("echo outer=$?", "outer=42");
        await TypeAsync($"stty -a > {_own.Scratch["after"]}; echo done", "\ndone");
        Assert.Equal(Modes("before"), Modes("after"));
        Assert.Empty(_own.Run("ps", "-aq").Output);
    }

    [Fact]
    public async Task Exec_OnATerminal_HasOneOfItsOwn()
    {
        CrunSharp.Testing.Host.Requires(s_tmux);
        using System.Diagnostics.Process running = await _own.StartAsync("c", "--rm", "--network", "none", "alpine", "sleep", "100");
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "env", "PS1=host> ", "sh").Succeeded();
        await TypeAsync($"{_own.Prefix} exec -it -e PS1=$(printf 'b%sx# ' o) c sh", Box);
        await TypeAsync("tty; ps -o pid,args | grep 'sleep 100'", "/dev/pts/");
        await SeeAsync("1 sleep 100");
        Tmux("send-keys", "C-d").Succeeded();
        await SeeAsync(Host);
        await TypeAsync("echo outer=$?", "outer=0");
    }

    [Fact]
    public void Run_WithATerminalButNoInput_GivesTheProgramOne()
    {
        CommandResult result = _own.Run("run", "--rm", "-t", "--network", "none", "alpine", "sh", "-c", "test -t 1 && tty");
        Assert.Equal("/dev/pts/0\r\n", result.Output);
    }

    // Rows and columns were changed on purpose.
    private string Modes(string file) =>
        string.Join('\n', File.ReadAllLines(_own.Scratch[file]).Select(static line => System.Text.RegularExpressions.Regex.Replace(line, "rows [0-9]+; columns [0-9]+;", "")));

    private async Task TypeAsync(string line, string expected)
    {
        Tmux("send-keys", "-l", line).Succeeded();
        Tmux("send-keys", "Enter").Succeeded();
        await SeeAsync(expected);
    }

    private async Task SeeAsync(string expected)
    {
        string seen = "";
        for (int i = 0; i < 250; i++)
        {
            // A prompt counts only where it waits for input, on the last line: earlier ones are still on the screen.
            seen = "\n" + Tmux("capture-pane", "-p").Output.TrimEnd('\n') + "\n";
            if (expected is Host or Box ? seen.EndsWith($"\n{expected}\n", StringComparison.Ordinal) : seen.Contains(expected, StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(40);
        }

        Assert.Fail($"'{expected}' did not appear:\n{seen}");
    }

    private CommandResult Tmux(params string[] arguments) => Command.Run("tmux", ["-S", _own.Scratch["tmux"], .. arguments]);
}
