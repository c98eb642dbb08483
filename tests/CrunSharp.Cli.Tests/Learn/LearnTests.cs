using System.Diagnostics;
using System.Text;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Lessons on this host, as a learner takes them.</summary>
[Collection(nameof(Alone))]
public sealed class LearnTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string?> _environment;

    public LearnTests()
    {
        Host.Requires(Host.PublishedBinaries, Host.UserNamespaces);
        _environment = new Dictionary<string, string?> { ["XDG_STATE_HOME"] = _directory["state"], ["TMPDIR"] = _directory.Make("tmp") };
        Command.Run("chmod", "755", _directory, _directory["tmp"]).Succeeded();
    }

    public static TheoryData<string> Names =>
        ["chroot", "mount", "pid", "uts-ipc", "user", "network", "cgroups", "capabilities", "seccomp", "layers", "by-hand"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public Task Lesson_Unattended_ShowsWhatItSays_RefusesWrongAnswers_AndLeavesNothing(string name)
    {
        Host.Requires(Host.Overlay, Host.Command("busybox", "busybox-static"), Host.Command("ip", "iproute2"), Host.Command("capsh", "libcap2-bin"));
        return CheckAsync(name);
    }

    // A machine inside the machine of tools/uml-run does not start.
    [Fact]
    [Trait("uml", "no")]
    public Task VmLesson_Unattended_ShowsWhatItSays_RefusesWrongAnswers_AndLeavesNothing()
    {
        Host.Requires(Host.Command("linux.uml", "user-mode-linux"));
        return CheckAsync("vm");
    }

    [Fact]
    public async Task Lesson_TypedAnswers_RefusesTheWrongOneWithAHint_AndFinishes()
    {
        HostSnapshot before = Snapshot();
        CommandResult result = await LearnAsync("yes\nno\n\n!echo as-I-like\n1\n0\n\nold\n", "mount");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Not so. Compare the two numbers above.", result.Output, StringComparison.Ordinal);
        Assert.Contains("as-I-like", result.Output, StringComparison.Ordinal);
        Assert.Contains("Finished, and cleaned up.", result.Output, StringComparison.Ordinal);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Lesson_LeftWithQ_GoesOnWhereItWasLeft()
    {
        Assert.Contains("goes on from here", (await LearnAsync("no\nq\n", "mount")).Succeeded().Output, StringComparison.Ordinal);
        string again = (await LearnAsync("q\n", "mount")).Succeeded().Output;
        Assert.Contains("after part 1 of 4", again, StringComparison.Ordinal);
        Assert.Contains("2.2 A mount that nobody else has", again, StringComparison.Ordinal);
        Assert.DoesNotContain("2.1 ", again, StringComparison.Ordinal);
        Assert.Contains("2/4", (await LearnAsync("", "--list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lesson_InputEnds_FailsAndCleansUp()
    {
        HostSnapshot before = Snapshot();
        CommandResult result = await LearnAsync("", "pid");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("the input has ended", result.Error, StringComparison.Ordinal);
        await before.AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Lesson_Interrupted_CleansUp(string signal)
    {
        HostSnapshot before = Snapshot();
        using Process process = await StartAsync("mount");
        Command.Run("kill", $"-{signal}", $"{process.Id}").Succeeded();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        await before.AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("chroot")]
    [InlineData("pid")]
    [InlineData("cgroups")]
    public async Task Lesson_Killed_LeavesNothing(string lesson)
    {
        HostSnapshot before = Snapshot();
        using Process process = await StartAsync(lesson);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await before.AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("sleep 1000 & yes; sleep 1000")]
    public async Task OwnCommand_SaysTooMuch_IsEndedAndTheLessonGoesOn(string command)
    {
        HostSnapshot before = Snapshot();
        CommandResult result = await LearnAsync($"!{command}\nno\nq\n", "mount");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("(ended: ", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.Output.Length, 1, 200_000);
        Assert.Contains("Right. Same number", result.Output, StringComparison.Ordinal);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task OwnCommand_Interrupted_EndsAloneAndTheLessonGoesOn()
    {
        HostSnapshot before = Snapshot();
        using Process process = await StartAsync("mount");
        await process.StandardInput.WriteAsync("!touch $LAB/runs; sleep 1000\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => Directory.GetFiles(_directory["tmp"], "runs", SearchOption.AllDirectories).Length > 0, TimeSpan.FromSeconds(30)));
        Command.Run("kill", "-INT", $"{process.Id}").Succeeded();
        await process.StandardInput.WriteAsync("no\nq\n");
        process.StandardInput.Close();
        Assert.Contains("Right. Same number", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Completion_OfLearn_NamesTheLessons() =>
        Assert.Contains("by-hand\n", (await Command.RunAsync(Host.Published("crun-sharp"), "[suggest:17]", "crun-sharp learn ")).Succeeded().Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("html")]
    [InlineData("slides")]
    public async Task Export_IsOneFileThatNeedsNoOther(string format)
    {
        string file = _directory["book.html"];
        (await LearnAsync("", "--export", format, file)).Succeeded();
        string html = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains("chroot is not a jail", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
    }

    /// <summary>A lesson that has come to its first prompt.</summary>
    private async Task<Process> StartAsync(string lesson)
    {
        Process process = Command.Start(new CommandOptions { Environment = _environment }, Host.Published("crun-sharp"), "learn", lesson);
        StringBuilder seen = new();
        char[] letter = new char[1];
        while (!seen.ToString().EndsWith("Your answer:", StringComparison.Ordinal) && !seen.ToString().EndsWith("[Enter]", StringComparison.Ordinal)
            && await process.StandardOutput.ReadAsync(letter, TestContext.Current.CancellationToken) == 1)
        {
            seen.Append(letter);
        }

        return process;
    }

    private async Task CheckAsync(string name)
    {
        HostSnapshot before = Snapshot();
        CommandResult result = await LearnAsync("", "--check", name);
        Assert.Equal($"[works]  {name}\n", result.Output);
        Assert.Equal(0, result.ExitCode);
        await before.AssertUnchangedAsync();
    }

    private HostSnapshot Snapshot() => HostSnapshot.Take(_directory["tmp"]);

    private Task<CommandResult> LearnAsync(string input, params string[] arguments) => Command.RunAsync(
        new CommandOptions { Environment = _environment, Input = Encoding.UTF8.GetBytes(input), Limit = TimeSpan.FromSeconds(120) },
        Host.Published("crun-sharp"),
        ["learn", .. arguments]);
}
