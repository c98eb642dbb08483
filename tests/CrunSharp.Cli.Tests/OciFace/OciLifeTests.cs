using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.OciFace;

public sealed class OciLifeTests
{
    [Fact]
    public void Container_FromCreateToDelete_GoesThroughItsStates()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sh", "-c", "echo started; exec /bin/sleep 60");
        bundle.Create("--pid-file", Path.Combine(bundle.Location, "pid")).Succeeded();
        Assert.Equal("created", bundle.Status);
        Assert.Equal("", bundle.Read("out"));
        JsonNode state = JsonNode.Parse(bundle.Oci("state", bundle.Id).Output)!;
        Assert.Equal(bundle.Read("pid"), state["pid"]!.ToString());

        bundle.Oci("start", bundle.Id).Succeeded();
        Assert.Equal("running", bundle.Status);
        Assert.Equal("uid=0 gid=0\n", bundle.Oci("exec", bundle.Id, "/bin/id").Succeeded().Output);
        Assert.Equal(7, bundle.Oci("exec", bundle.Id, "sh", "-c", "exit 7").ExitCode);
        Assert.Equal("started\n", bundle.Read("out"));
        Assert.Contains("cannot start an already running container", bundle.Oci("start", bundle.Id).Error, StringComparison.Ordinal);
        Assert.Contains("that is not stopped: running", bundle.Oci("delete", bundle.Id).Error, StringComparison.Ordinal);
        Assert.Equal($"[{state["pid"]}]\n", bundle.Oci("ps", "--format", "json", bundle.Id).Succeeded().Output);

        bundle.Oci("kill", bundle.Id, "SIGKILL").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => bundle.Status == "stopped", TimeSpan.FromSeconds(10)));
        Assert.Contains("container not running", bundle.Oci("kill", bundle.Id, "9").Error, StringComparison.Ordinal);
        Assert.Contains("cannot exec in a stopped container", bundle.Oci("exec", bundle.Id, "true").Error, StringComparison.Ordinal);
        bundle.Oci("delete", bundle.Id).Succeeded();
        Assert.Empty(bundle.Leftovers);
        Assert.Contains("does not exist", bundle.Oci("state", bundle.Id).Error, StringComparison.Ordinal);
        bundle.Oci("delete", "--force", bundle.Id).Succeeded();
    }

    [Fact]
    public void Pause_OfARunningContainer_RefusesExecUntilItIsResumed()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        bundle.Oci("pause", bundle.Id).Succeeded();
        Assert.Equal("paused", bundle.Status);
        CommandResult refused = bundle.Oci("exec", bundle.Id, "true");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("cannot exec in a paused container", refused.Error, StringComparison.Ordinal);
        bundle.Oci("resume", bundle.Id).Succeeded();
        bundle.Oci("exec", bundle.Id, "true").Succeeded();
        bundle.Oci("pause", bundle.Id).Succeeded();
        bundle.Oci("delete", "--force", bundle.Id).Succeeded();
        Assert.Empty(bundle.Leftovers);
    }

    [Fact]
    public void Update_OfARunningContainer_LowersAndRaisesItsLimits()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        bundle.Oci("update", "--memory", "64m", "--memory-swap", "64m", "--pids-limit", "50", bundle.Id).Succeeded();
        Assert.Equal(("67108864", "50"), (bundle.Limit("memory", "memory.limit_in_bytes", "memory.max"), bundle.Limit("pids", "pids.max", "pids.max")));

        // Version 1 takes this only when the sum is raised before the memory.
        string resources = Path.Combine(bundle.Location, "resources.json");
        File.WriteAllText(resources, """{"memory":{"limit":134217728,"swap":134217728}}""");
        bundle.Oci("update", "--resources", resources, bundle.Id).Succeeded();
        Assert.Equal(("134217728", "50"), (bundle.Limit("memory", "memory.limit_in_bytes", "memory.max"), bundle.Limit("pids", "pids.max", "pids.max")));
        Assert.Contains("not a number of bytes", bundle.Oci("update", "--memory", "1x", bundle.Id).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 9", 9)]
    [InlineData("kill -TERM $$; exit 1", 1)]
    public void Run_OfAProgram_EndsAsItEndsAndLeavesNothing(string script, int code)
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sh", "-c", script);
        Assert.Equal(code, bundle.Oci("run", "--bundle", bundle.Location, bundle.Id).ExitCode);
        Assert.Empty(bundle.Leftovers);
    }

    [Theory]
    [InlineData("/nope", "no such file or directory")]
    [InlineData("nope", "executable file not found in $PATH")]
    [InlineData("/bin", "is a directory")]
    public void Run_OfAProgramThatIsNotThere_SaysSoInRuncsWordsAndLeavesNothing(string program, string words)
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new(program);
        string log = Path.Combine(bundle.Location, "log");
        CommandResult result = bundle.Oci("--log", log, "--log-format", "json", "run", "--bundle", bundle.Location, bundle.Id);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        JsonNode line = JsonNode.Parse(File.ReadLines(log).Last())!;
        Assert.Equal("error", line["level"]!.GetValue<string>());
        Assert.Contains(words, line["msg"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    [Fact]
    public void Create_OfASpecThatCannotBeMounted_NamesThePlaceAndLeavesNothing()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/true");
        bundle.Change(spec => spec["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/x","type":"bind","source":"/nonexistent","options":["bind"]}""")));
        Assert.Equal(1, bundle.Create().ExitCode);
        Assert.Contains("mounts[", bundle.Read("err"), StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    [Fact]
    public void Create_OfAnIdThatIsTaken_LeavesTheFirstAlone()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        Assert.Equal(1, bundle.Create().ExitCode);
        Assert.Contains("container with given ID already exists", bundle.Read("err"), StringComparison.Ordinal);
        Assert.Equal("created", bundle.Status);
    }

    [Theory]
    [InlineData("1", "uid=1 gid=0")]
    [InlineData("1:2", "uid=1 gid=2")]
    [InlineData("1x", null)]
    [InlineData("1:", null)]
    [InlineData("-1", null)]
    [InlineData("4294967296", null)]
    [InlineData("2147483648", null)]
    public void Cve2026_30892_ExecAsAUser_IsThatUserOrNobody(string user, string? identity)
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        CommandResult result = bundle.Oci("exec", $"--user={user}", bundle.Id, "/bin/id");
        Assert.Equal(identity, result.ExitCode == 0 ? result.Output.Trim() : null);
        Assert.Equal(identity is null ? 255 : 0, result.ExitCode);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".x")]
    [InlineData("")]
    [InlineData("two kilobytes")]
    public void Own_Ids_ThatCouldNameAnotherDirectory_AreRefused(string id)
    {
        id = id == "two kilobytes" ? new string('a', 2048) : id;
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/true");
        CommandResult result = bundle.Oci("run", "--bundle", bundle.Location, id);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("invalid container ID format", result.Error, StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    [Theory]
    [InlineData("exec", "--cgroup", "../..")]
    [InlineData("exec", "--cgroup", "a/../../b")]
    public void Own_Ids_CgroupOutsideTheContainers_IsRefused(string verb, string option, string cgroup)
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        Assert.Contains("..", bundle.Oci(verb, option, cgroup, bundle.Id, "true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Terminal_WithoutASocketForIt_IsRefusedInRuncsWords()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/true");
        bundle.Change(spec => spec["process"]!["terminal"] = true);
        Assert.Equal(1, bundle.Create().ExitCode);
        Assert.Contains("without setting console socket", bundle.Read("err"), StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    [Fact]
    public void Executable_InAnEmptyRoot_Runs()
    {
        Host.Requires(OciBundle.Needs);
        using TemporaryDirectory root = new();
        File.Copy(Host.Published("crun-sharp-oci"), root["oci"]);
        CommandResult version = Command.Run("chroot", root, "/oci", "--version").Succeeded();
        Assert.StartsWith("crun-sharp-oci version ", version.Output, StringComparison.Ordinal);
        Command.Run("chroot", root, "/oci", "features").Succeeded();
        Assert.Contains("does not exist", Command.Run("chroot", root, "/oci", "--root", "/state", "state", "x").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Executable_CalledRunc_SaysThatItIs()
    {
        Host.Requires(OciBundle.Needs);
        using TemporaryDirectory directory = new();
        File.CreateSymbolicLink(directory["runc"], Host.Published("crun-sharp-oci"));
        Assert.StartsWith("runc version ", Command.Run(directory["runc"], "--version").Succeeded().Output, StringComparison.Ordinal);
    }
}
