using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

public sealed class RunTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public void Run_OfAProgram_GivesItsOutputAndItsExitCode()
    {
        CommandResult result = RunShell("echo out; echo err >&2; exit 7");
        Assert.Equal((7, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void Run_OfAMissingImage_TellsOfThePullOnlyOnTheErrorOutput()
    {
        Assert.Equal(0, _own.Run("rmi", "alpine").ExitCode);
        CommandResult result = RunShell("echo here");
        Assert.Equal((0, "here\n"), (result.ExitCode, result.Output));
        Assert.Contains("Unable to find image 'alpine:latest' locally", result.Error, StringComparison.Ordinal);
        Assert.Contains("Pull complete", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutI_HasNoInput_WithItHas()
    {
        Assert.Equal("", (await _own.RunAsync("in", "run", "--rm", "--network", "none", "alpine", "cat")).Output);
        Assert.Equal("in", (await _own.RunAsync("in", "run", "--rm", "-i", "--network", "none", "alpine", "cat")).Output);
    }

    [Fact]
    public async Task Run_WithMuchInput_LosesNothing()
    {
        string much = new('x', 3_000_000);
        CommandResult result = await _own.RunAsync(much, "run", "--rm", "-i", "--network", "none", "alpine", "cat");
        Assert.Equal(much, result.Output);
    }

    [Fact]
    public void Run_WithOptionsOfTheProgramsOwn_LeavesThemToIt() =>
        Assert.Equal("--rm -it -- x\n", Run("alpine", "echo", "--rm", "-it", "--", "x").Output);

    [Fact]
    public void Run_WithOptionsWrittenTogether_ReadsEach() =>
        Assert.Equal("b\n", _own.Run("run", "--rm=true", "--network=none", "-ie", "A=b", "-w/tmp", "alpine", "sh", "-c", "echo $A").Output);

    [Fact]
    public void Run_WithEnvironment_HasItAndNothingOfTheHosts()
    {
        string file = _own.Scratch.Write("env", "# c\nB=file\nC=file\n");
        _own.Environment["PASSED"] = "on";
        _own.Environment["SECRET"] = "host's";
        CommandResult result = Run("-e", "A=1", "-e", "PASSED", "-e", "NOT_THERE", "--env-file", file, "-e", "C=line", "alpine", "env");
        string[] lines = result.Succeeded().Output.Split('\n');
        Assert.Superset(new HashSet<string> { "A=1", "B=file", "C=line", "PASSED=on", "HOME=/root" }, new HashSet<string>(lines));
        Assert.DoesNotContain(lines, static line => line.Contains("SECRET", StringComparison.Ordinal) || line.Contains("NOT_THERE", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_OfAnImageWithSettings_HasThemAndNotWhatItMayNotAsk()
    {
        RequireManyIds();
        _own.Environment["HOSTS_SECRET"] = "x";
        CommandResult result = Run("data", "sh", "-c", "id -u; pwd; echo $FROM; env | grep -c HOSTS_SECRET");
        Assert.Equal("1000\n/made/here\nimage\n0\n", result.Output);
    }

    [Fact]
    public void Run_OfAnImageWithAVolume_FindsItsFilesThereAndMayWrite()
    {
        RequireManyIds();
        CommandResult result = Run("--read-only", "data", "sh", "-c", "cat /data/first; stat -c ' %a %u' /data/below/second; echo x > /data/new && cat /data/new; echo > /no");
        Assert.Equal("from the image 400 1000\nx\n", result.Output);
        Assert.Contains("/no: Read-only file system", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Run_WithUserHostnameAndDirectory_HasThem()
    {
        string user = HasOneId ? "0:0" : "7:8";
        CommandResult result = Run("-u", user, "-h", "box", "-w", "/not/there/yet", "alpine", "sh", "-c", "echo $(id -u):$(id -g) $(hostname) $(pwd); grep box /etc/hosts | cut -f2; cat /etc/hostname");
        Assert.Equal($"{user} box /not/there/yet\nbox\nbox\n", result.Succeeded().Output);
    }

    [Fact]
    public void Run_WithADirectoryOfTheHost_SeesItAndWritesOnlyWhereItMay()
    {
        _own.Scratch.Write("shared/file", "of the host");
        string shared = _own.Scratch["shared"];
        CommandResult result = Run("-v", $"{shared}:/rw", "-v", $"{shared}:/ro:ro", "alpine", "sh", "-c", "cat /ro/file; echo new > /rw/new; echo no > /ro/no");
        Assert.Equal("of the host", result.Output);
        Assert.Equal("new\n", File.ReadAllText($"{shared}/new"));
        Assert.False(File.Exists($"{shared}/no"));
    }

    [Fact]
    public void Run_WithANamedVolume_KeepsItForTheNext()
    {
        Run("-v", "kept:/v", "alpine", "sh", "-c", "echo kept > /v/file").Succeeded();
        Assert.Equal("kept\n", Run("-v", "kept:/w", "alpine", "cat", "/w/file").Output);
    }

    [Fact]
    public void Run_ReadOnlyWithATmpfs_WritesOnlyThere()
    {
        CommandResult result = Run("--read-only", "--tmpfs", "/t:size=1m", "alpine", "sh", "-c", "echo x > /t/x && cat /t/x; echo x > /x");
        Assert.Equal("x\n", result.Output);
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public void Run_WithATmpfs_HasTheModeOfTheDirectoryOrIsOpenToAll() =>
        Assert.Equal("1777\n700\n500\n", Run("--tmpfs", "/new", "--tmpfs", "/root", "--tmpfs", "/mode:mode=500", "alpine", "stat", "-c", "%a", "/new", "/root", "/mode").Output);

    [Fact]
    public void Run_WithAnEntrypoint_TakesItInPlaceOfTheImages() =>
        Assert.Equal("a b\n", Run("--entrypoint", "/bin/echo", "alpine", "a", "b").Output);

    [Fact]
    public void Run_WithInit_HasAProcessThatReaps()
    {
        CommandResult result = Run("--init", "alpine", "sh", "-c", "(sleep 0.1 & exec true); sleep 0.5; ps -o stat,comm | grep -c '^Z'; echo $$");
        Assert.Equal("0", result.Output.Split('\n')[0]);
        Assert.NotEqual("1", result.Output.Split('\n')[1]);
    }

    [Fact]
    public void Run_WithLimitsOfCgroups_HasThem()
    {
        Host.Requires(Host.Root, Host.Cgroup1);
        CommandResult result = Run("-m", "64m", "--pids-limit", "33", "alpine", "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max");
        Assert.Equal("67108864\n33\n", result.Succeeded().Output);
    }

    [Fact]
    public void Run_WithALimitThatCannotBeHad_IsRefusedAndSaysWhy()
    {
        Host.Requires(Host.OrdinaryUser);
        if (Host.Cgroup2.Missing() is null)
        {
            Assert.Skip("this user may make cgroups");
        }

        CommandResult result = Run("-m", "64m", "alpine", "true");
        Assert.Equal(125, result.ExitCode);
        Assert.StartsWith("crun-sharp: cannot limit the container: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithUlimits_HasThem() =>
        Assert.Equal("100\n", Run("--ulimit", "nofile=100:200", "alpine", "sh", "-c", "ulimit -n").Output);

    [Fact]
    public void Run_ByDefault_HasDockersCapabilitiesAndAFilter()
    {
        string status = Run("alpine", "cat", "/proc/self/status").Succeeded().Output;
        Assert.Contains("CapBnd:\t00000000a80425fb\n", status, StringComparison.Ordinal);
        Assert.Contains("CapInh:\t0000000000000000\n", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithDescriptorsOpenInTheCaller_HandsNoneOn()
    {
        CommandResult result = Command.Run("sh", "-c", $"exec 7</etc 8>/dev/null; CONTAINERS_REGISTRIES_CONF={_own.Environment["CONTAINERS_REGISTRIES_CONF"]} {_own.Prefix} run --rm --network none alpine sh -c 'echo /proc/self/fd/*'");
        Assert.Equal("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2", result.Succeeded().Output.Trim().Replace(" /proc/self/fd/3", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_WithAProgramForAnotherMachine_SaysWhichAndForWhat()
    {
        CommandResult result = Run("foreign");
        Assert.Equal(126, result.ExitCode);
        Assert.Matches("crun-sharp: cannot execute '/bin/foreign': it is for (arm64|amd64), and this host is (amd64|arm64)\n", result.Error);
    }

    [Fact]
    public void Run_WithTheHostsNetwork_SharesItsInterfaces()
    {
        string inside = _own.Run("run", "--rm", "--network", "host", "alpine", "cat", "/proc/net/dev").Succeeded().Output;
        string[] names = [.. File.ReadLines("/proc/net/dev").Skip(2).Select(static line => line.Split(':')[0].Trim())];
        Assert.All(names, name => Assert.Contains($"{name}:", inside, StringComparison.Ordinal));
    }

    private static bool HasOneId => !Environment.IsPrivilegedProcess && Host.SubordinateIds.Missing() is not null;

    // The image's files and program belong to user 1000, whom one id mapped cannot be.
    private static void RequireManyIds()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Host.Requires(Host.SubordinateIds);
        }
    }

    private CommandResult RunShell(string script) => Run("alpine", "sh", "-c", script);

    private CommandResult Run(params string[] arguments) => _own.Run(["run", "--rm", "--network", "none", .. arguments]);
}
