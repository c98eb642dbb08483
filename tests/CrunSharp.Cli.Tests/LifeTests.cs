using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Containers from their start to their end, and what becomes of them when we are killed.</summary>
[Collection(nameof(Alone))]
public sealed class LifeTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public async Task Ps_OfContainersThatRunOrNot_ShowsEachAsItIs()
    {
        _own.Run("run", "--network", "none", "--name", "ended", "alpine", "sh", "-c", "exit 3");
        using Process running = await _own.StartAsync("running", "--rm", "--network", "none", "alpine", "sleep", "100");
        Assert.Matches(@"^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +NAMES\n[0-9a-f]{12} +alpine +""sleep 100"" +[^\n]+ Up [^\n]+ running\n$", _own.Run("ps").Output);
        string all = _own.Run("ps", "-a").Output;
        Assert.Contains("Exited (3) ", all, StringComparison.Ordinal);
        Assert.Equal(2, _own.Run("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"State\":\"running\"", _own.Run("ps", "--format", "json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_InARunningContainer_JoinsItAndGivesTheExitCode()
    {
        using Process running = await _own.StartAsync("c", "--rm", "--network", "none", "-e", "A=run", "alpine", "sleep", "100");
        Assert.Equal("sleep 100\n", _own.Run("exec", "c", "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline | sed 's/ $//'; echo").Output);
        Assert.Equal(9, _own.Run("exec", "c", "sh", "-c", "exit 9").ExitCode);
        Assert.Equal("run exec /tmp\n", _own.Run("exec", "-e", "B=exec", "-w", "/tmp", "c", "sh", "-c", "echo $A $B $(pwd)").Output);
        Assert.Equal("in", (await _own.RunAsync("in", "exec", "-i", "c", "cat")).Output);
        Assert.Equal(127, _own.Run("exec", "c", "nosuch").ExitCode);
        Assert.Equal(126, _own.Run("exec", "c", "/etc/passwd").ExitCode);
        Assert.Equal(125, _own.Run("exec", "-u", "nosuch", "c", "true").ExitCode);
        Assert.Contains("Seccomp:\t2", _own.Run("exec", "c", "cat", "/proc/self/status").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_InAContainerThatEnded_IsRefused()
    {
        _own.Run("run", "--network", "none", "--name", "ended", "alpine", "true");
        CommandResult result = _own.Run("exec", "ended", "true");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("it is not running", result.Error, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Run_WhoseProgramIsKilled_Answers128AndTheSignal()
    {
        HostSnapshot before = _own.Snapshot();
        using Process run = await _own.StartAsync("c", "--rm", "--network", "none", "alpine", "sleep", "100");
        Assert.Equal("c\n", _own.Run("kill", "c").Output);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(137, run.ExitCode);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Run_ThatGetsASignal_HandsItOn()
    {
        using Process run = await _own.StartAsync("c", "--rm", "--network", "none", "alpine", "sh", "-c", "trap 'exit 33' TERM; echo ready; sleep 100 & wait");
        await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Command.Run("kill", "-TERM", $"{run.Id}").Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(33, run.ExitCode);
    }

    [Fact]
    public async Task Stop_OfAProgramThatListens_LetsItEndByItself()
    {
        using Process run = await _own.StartAsync("c", "--network", "none", "alpine", "sh", "-c", "trap 'exit 5' TERM; echo ready; sleep 100 & wait");
        await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        _own.Run("stop", "c").Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, run.ExitCode);
        Assert.Equal("exited", _own.StateOf("c"));
    }

    [Fact]
    public async Task Rm_OfAContainerThatRuns_NeedsForceAndThenLeavesNothing()
    {
        HostSnapshot before = _own.Snapshot();
        using Process run = await _own.StartAsync("c", "--network", "none", "alpine", "sleep", "100");
        CommandResult refused = _own.Run("rm", "c");
        Assert.Equal(125, refused.ExitCode);
        Assert.Equal("running", _own.StateOf("c"));
        Assert.Equal("c\n", _own.Run("rm", "-f", "c").Succeeded().Output);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Rmi_OfAnImageThatAContainerWasMadeFrom_IsRefusedUntilThatIsGone()
    {
        _own.Run("run", "--network", "none", "--name", "c", "alpine", "true");
        Assert.Equal(125, _own.Run("rmi", "alpine").ExitCode);
        _own.Run("rm", "c").Succeeded();
        _own.Run("rmi", "alpine").Succeeded();
        Assert.Null(_own.Inspect("alpine"));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("none")]
    [InlineData("private")]
    public async Task Run_WhoseMonitorIsKilled_GoesOnAndIsRemovedByForce(string network)
    {
        Require(network);
        HostSnapshot before = _own.Snapshot();
        using Process run = await _own.StartAsync("c", "--rm", "--network", network, "alpine", "sleep", "100");
        run.Kill();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("running", _own.StateOf("c"));
        Assert.Equal("still\n", _own.Run("exec", "c", "echo", "still").Output);

        // A further run clears what is dead, and this is not.
        _own.Run("run", "--rm", "--network", "none", "alpine", "true").Succeeded();
        Assert.Equal("running", _own.StateOf("c"));
        _own.Run("rm", "-f", "c").Succeeded();
        await before.AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("private")]
    public async Task Run_KilledWithItsContainer_IsDeadAndClearedByTheNext(string network)
    {
        Require(network);
        HostSnapshot before = _own.Snapshot();
        using Process run = await _own.StartAsync("c", "--rm", "--network", network, "alpine", "sleep", "100");
        int pid = _own.PidOf("c");
        run.Kill();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        KillAndWait(pid);
        Assert.Equal("dead", _own.StateOf("c"));
        _own.Run("run", "--rm", "--network", "none", "alpine", "true").Succeeded();
        Assert.Null(_own.StateOf("c"));
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Run_KilledWithoutRm_KeepsWhatItsContainerWrote()
    {
        using Process run = await _own.StartAsync("c", "--network", "none", "alpine", "sh", "-c", "echo precious > /file; echo ready; exec sleep 100");
        await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        string written = Directory.EnumerateDirectories($"{_own.Root}/containers").Single() + "/scratch/upper/file";
        int pid = _own.PidOf("c");
        run.Kill();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        KillAndWait(pid);
        _own.Run("run", "--rm", "--network", "none", "alpine", "true").Succeeded();
        Assert.Equal("dead", _own.StateOf("c"));
        Assert.Equal("precious\n", File.ReadAllText(written));
        _own.Run("rm", "c").Succeeded();
    }

    [Fact]
    public async Task Run_KilledAtAnyMoment_LeavesNothingAfterTheNext()
    {
        HostSnapshot before = _own.Snapshot();
        for (int delay = 0; delay < 40; delay += 2)
        {
            using Process run = Command.Start(
                new CommandOptions { Environment = _own.Environment },
                Host.Published("crun-sharp"),
                "--root", _own.Root, "--runroot", _own.RunRoot, "run", "--rm", "--network", "none", "alpine", "true");
            await Task.Delay(delay, TestContext.Current.CancellationToken);
            run.Kill();
            await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // What had started may still run to its end; what is left after it goes with the next.
        await Task.Delay(300, TestContext.Current.CancellationToken);
        _own.Run("run", "--rm", "--network", "none", "alpine", "true").Succeeded();
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Run_WithThePrivateNetwork_HasAnInterfaceAndEndsItsHelper()
    {
        Host.Requires(Host.Tun, Host.NetworkHelper);
        HostSnapshot before = _own.Snapshot();
        CommandResult result = _own.Run("run", "--rm", "alpine", "sh", "-c", "ip -4 addr show tap0 | grep -c inet; head -1 /etc/resolv.conf; nc -w 1 10.0.2.2 1 || echo closed");
        Assert.Equal("1\nnameserver 10.0.2.3\nclosed\n", result.Succeeded().Output);
        await before.AssertUnchangedAsync();
    }

    private static void Require(string network)
    {
        if (network == "private")
        {
            Host.Requires(Host.Tun, Host.NetworkHelper);
        }
    }

    // As an ordinary user we may not signal what runs as another id of our namespace: sleep runs as root there, which is us.
    private static void KillAndWait(int pid)
    {
        Command.Run("kill", "-KILL", $"{pid}").Succeeded();
        for (int i = 0; i < 200 && File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal); i++)
        {
            Thread.Sleep(10);
        }
    }
}
