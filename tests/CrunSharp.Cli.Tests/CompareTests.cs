using System.Diagnostics;
using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>The same questions on the host, in a container and in user-mode-linux, which needs neither KVM nor a kernel of its own.</summary>
[Trait("uml", "no")] // It has no machines to boot.
public sealed class CompareTests : IAsyncDisposable
{
    private const string Shared = "shared by the container, the machine's own";

    private readonly Installation _own;

    public CompareTests(TestImages images)
    {
        Host.Requires(Host.Command("linux.uml", "user-mode-linux"));
        _own = new Installation(images);
    }

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public void Compare_OfAnImage_ShowsTheHostsKernelInTheContainerAndAnotherInTheMachine()
    {
        Dictionary<string, JsonElement> rows = Rows(_own.Run("compare", "--format", "json", "alpine").Succeeded());
        Assert.Contains("user-mode-linux, as processes of the host", Answer(rows, "runs on", "machine"), StringComparison.Ordinal);
        Assert.Equal(Command.Run("uname", "-r").Succeeded().Output.Trim(), Answer(rows, "kernel", "container"));
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), Answer(rows, "boot id", "container"));
        foreach (string question in (ReadOnlySpan<string>)["kernel", "kernel build", "boot id", "processor", "command line"])
        {
            Assert.Equal(Answer(rows, question, "host"), Answer(rows, question, "container"));
            Assert.NotEqual(Answer(rows, question, "host"), Answer(rows, question, "machine"));
            Assert.NotEqual("", Answer(rows, question, "machine"));
            Assert.Equal(Shared, Answer(rows, question, "so"));
        }

        // What only the machine's own kernel tells.
        Assert.Equal("refused", Answer(rows, "kernel's log, lines", "container"));
        Assert.InRange(int.Parse(Answer(rows, "kernel's log, lines", "machine"), null), 10, 10_000);
        Assert.Equal(Answer(rows, "modules", "host"), Answer(rows, "modules", "container"));
        Assert.NotEqual("", Answer(rows, "modules", "machine"));
        Assert.NotEqual(Answer(rows, "devices in /dev", "host"), Answer(rows, "devices in /dev", "container"));

        Assert.Matches("^pid [0-9]+, sh$", Answer(rows, "seen by the host's ps", "container"));
        Assert.Equal("only the monitor, user-mode-linux", Answer(rows, "seen by the host's ps", "machine"));
    }

    [Fact]
    public async Task Compare_OfARunningContainer_AsksThatOneAndLeavesItRunning()
    {
        using Process running = await _own.StartAsync("asked", "--network", "none", "--hostname", "known", "alpine", "sleep", "600");
        CommandResult result = _own.Run("compare", "asked").Succeeded();
        Assert.StartsWith("HOST, CONTAINER AND VIRTUAL MACHINE (USER-MODE-LINUX, AS PROCESSES OF THE HOST)", result.Output, StringComparison.Ordinal);
        Assert.Contains("    container  known\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("    container  sleep 600\n", result.Output, StringComparison.Ordinal);
        Assert.All(result.Output.Split('\n'), static line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal("running", _own.StateOf("asked"));
        _own.Run("rm", "-f", "asked").Succeeded();
        await running.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Compare_WithAMonitorThatIsNotThere_SaysWhichAreMissingAndWhy()
    {
        CommandResult result = _own.Run("compare", "--with", "nothing", "alpine");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("cannot compare with 'nothing'", result.Error, StringComparison.Ordinal);
        Assert.Contains("firecracker: ", result.Error, StringComparison.Ordinal);
    }

    private static Dictionary<string, JsonElement> Rows(CommandResult result) =>
        JsonDocument.Parse(result.Output).RootElement.GetProperty("compare").EnumerateArray().ToDictionary(static row => row.GetProperty("question").GetString()!);

    private static string Answer(Dictionary<string, JsonElement> rows, string question, string whom) => rows[question].GetProperty(whom).GetString()!;
}
