using System.Diagnostics;
using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>What <c>explain CONTAINER</c> says, compared with what the container itself sees.</summary>
public sealed class ExplainContainerTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public async Task Explain_OfARunningContainer_AgreesWithWhatItSees()
    {
        using Process run = await _own.StartAsync("shown", "--rm", "--network", "none", "alpine", "sleep", "300");
        using JsonDocument report = JsonDocument.Parse(_own.Run("explain", "shown", "--format", "json").Succeeded().Output);
        JsonElement root = report.RootElement;

        string inside = _own.Run("exec", "shown", "readlink", "/proc/self/ns/pid").Succeeded().Output.Trim();
        Assert.Equal(inside, $"pid:[{Row(root, "namespaces", "kind", "pid").GetProperty("container").GetString()}]");
        Assert.Equal("own", Row(root, "namespaces", "kind", "mnt").GetProperty("whose").GetString());

        string bootId = _own.Run("exec", "shown", "cat", "/proc/sys/kernel/random/boot_id").Succeeded().Output.Trim();
        Assert.Contains(bootId, Row(root, "shared", "what", "boot id").GetProperty("as the container sees it").GetString(), StringComparison.Ordinal);
        Assert.Equal("the host's", Row(root, "shared", "what", "kernel version").GetProperty("whose").GetString());

        Assert.Equal("yes", Row(root, "capabilities", "capability", "chown").GetProperty("held").GetString());
        Assert.Equal("no", Row(root, "capabilities", "capability", "sys_admin").GetProperty("held").GetString());
        Assert.StartsWith("EPERM", Row(root, "seccomp", "call", "mount").GetProperty("answer").GetString(), StringComparison.Ordinal);

        JsonElement first = Row(root, "processes", "pid inside", "1");
        Assert.Equal($"{_own.PidOf("shown")}", first.GetProperty("pid on the host").GetString());
        Assert.Equal("sleep 300", first.GetProperty("program").GetString());
    }

    [Fact]
    public async Task Explain_AsText_FitsIn80Columns()
    {
        using Process run = await _own.StartAsync("shown", "--rm", "--network", "none", "alpine", "sleep", "300");
        string[] lines = _own.Run("explain", "shown").Succeeded().Output.Split('\n');
        Assert.All(lines, static line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("STILL SHARED WITH THE HOST", lines);
    }

    [Fact]
    public void Explain_OfAContainerThatDoesNotRun_SaysSo()
    {
        _own.Run("run", "--name", "over", "--network", "none", "alpine", "true").Succeeded();
        CommandResult result = _own.Run("explain", "over");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("cannot explain the container 'over': it is not running", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement Row(JsonElement root, string section, string column, string value) =>
        root.GetProperty(section).EnumerateArray().Single(row => row.GetProperty(column).GetString() == value);
}
