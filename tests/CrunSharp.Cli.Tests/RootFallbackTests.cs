using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Roots where the kernel's overlay is refused. The refusal comes from a filter around the program, as an older kernel would answer.</summary>
[Collection(nameof(Alone))]
public sealed class RootFallbackTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = Ready(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Theory]
    [InlineData("overlay", "fuse")]
    [InlineData("overlay,fuse", null)]
    public async Task Run_WhereOverlayIsRefused_WritesAndRemovesAllTheSame(string refused, string? type)
    {
        Host.Requires(Host.Command("fuse-overlayfs"), new Need("fuse", () => File.Exists("/dev/fuse") ? null : "modprobe fuse"));
        HostSnapshot before = _own.Snapshot();
        CommandResult result = Run(refused, "--rm", "alpine", "sh", "-c", "grep ' / / ' /proc/self/mountinfo; rm /etc/passwd; echo new > /etc/group; cat /etc/group /etc/passwd; ls -d /bin/busybox");
        Assert.Equal(type, result.Output.Contains(" - fuse ", StringComparison.Ordinal) ? "fuse" : null);
        Assert.Contains("\nnew\n/bin/busybox\n", $"\n{result.Output}", StringComparison.Ordinal);
        Assert.Contains("No such file", result.Error, StringComparison.Ordinal);
        File.Delete($"{_own.RunRoot}/root-told");
        await before.AssertUnchangedAsync();
        Assert.Contains("root", _own.Run("run", "--rm", "--network", "none", "alpine", "cat", "/etc/passwd").Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("overlay", "fuse-overlayfs serves the files")]
    [InlineData("overlay,fuse", "every container gets a copy")]
    public void Run_WhereOverlayIsRefused_SaysOnceWhatItCosts(string refused, string words)
    {
        Assert.Contains(words, Run(refused, "--rm", "alpine", "true").Error, StringComparison.Ordinal);
        Assert.Equal("", Run(refused, "--rm", "alpine", "true").Error);
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("overlay,fuse")]
    public async Task Container_OnAnotherRoot_KeepsWhatItWroteUntilItIsRemoved(string refused)
    {
        Assert.Equal(3, Run(refused, "--name", "kept", "alpine", "sh", "-c", "echo text > /written; exit 3").ExitCode);
        string scratch = Directory.GetDirectories($"{_own.Root}/containers", "scratch", SearchOption.AllDirectories).Single();
        Assert.Equal("text\n", await File.ReadAllTextAsync(Directory.GetFiles(scratch, "written", SearchOption.AllDirectories).Single(), TestContext.Current.CancellationToken));
        _own.Run("rm", "kept").Succeeded();
        Assert.False(Directory.Exists(scratch));
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("overlay,fuse")]
    public async Task Run_OfAMissingProgramOnAnotherRoot_LeavesNothing(string refused)
    {
        HostSnapshot before = _own.Snapshot();
        CommandResult result = Run(refused, "--rm", "alpine", "nosuch");
        Assert.Equal(127, result.ExitCode);
        Assert.Contains("executable file not found", result.Error, StringComparison.Ordinal);
        File.Delete($"{_own.RunRoot}/root-told");
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Remove_OfARunningContainerOnFuse_EndsWhatServesIt()
    {
        HostSnapshot before = _own.Snapshot();
        using System.Diagnostics.Process run = Command.Start(
            new CommandOptions { Environment = _own.Environment },
            TestEngine.Payload,
            "refuse", "overlay", Host.Published("crun-sharp"), "--root", _own.Root, "--runroot", _own.RunRoot, "run", "--name", "fused", "--network", "none", "alpine", "sleep", "300");
        Assert.True(SpinWait.SpinUntil(() => _own.Run("exec", "fused", "sh", "-c", "echo fused > /f; cat /f").Output == "fused\n", TimeSpan.FromSeconds(20)));
        _own.Run("rm", "-f", "fused").Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.Delete($"{_own.RunRoot}/root-told");
        await before.AssertUnchangedAsync();
    }

    private CommandResult Run(string refused, params string[] words) => Command.RunAsync(
        new CommandOptions { Environment = _own.Environment },
        TestEngine.Payload,
        ["refuse", refused, Host.Published("crun-sharp"), "--root", _own.Root, "--runroot", _own.RunRoot, "run", "--network", "none", .. words]).GetAwaiter().GetResult();

    private static Installation Ready(TestImages images)
    {
        Host.Requires(Host.Root, TestEngine.HasPayload);
        return new Installation(images);
    }
}
