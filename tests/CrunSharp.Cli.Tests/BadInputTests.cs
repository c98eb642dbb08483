using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Whatever is wrong: a message of the one shape, the right exit code, and the host as it was.</summary>
[Collection(nameof(Alone))]
public sealed class BadInputTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public static TheoryData<int, string, string> Refused { get; } = new()
    {
        { 127, "run alpine /no/such/program", "no such file or directory" },
        { 127, "run alpine nosuchprogram", "executable file not found in $PATH" },
        { 126, "run alpine /etc/passwd", "permission denied" },
        { 126, "run alpine /tmp", "is a directory" },
        { 126, "run foreign", "it is for" },
        { 125, "run", "required argument missing" },
        { 125, "run --bogus alpine", "there is no option '--bogus'" },
        { 125, "run --name", "option '--name' needs a value" },
        { 125, "run --rm=maybe alpine", "option '--rm' is true or false" },
        { 125, "run --name a/b alpine", "cannot use the name 'a/b'" },
        { 125, "run --network bridge0 alpine", "cannot use the network 'bridge0'" },
        { 125, "run --pull sometimes alpine", "option '--pull' is one of missing, always, never" },
        { 125, "run --pull never nosuchimage", "it is not in the store" },
        { 125, "run nosuchimage", "cannot " },
        { 125, "run Alpine", "cannot use the image name 'Alpine'" },
        { 125, "run alpine@sha256:../../etc", "cannot use the digest" },
        { 125, "run 127.0.0.1:1/x true", "nothing listens" },
        { 125, "run --platform linux/arm64 alpine", "linux/amd64" },
        { 125, "run -m 1x alpine", "cannot use --memory '1x'" },
        { 125, "run --cpus two alpine", "cannot use --cpus 'two'" },
        { 125, "run --pids-limit many alpine", "cannot use --pids-limit 'many'" },
        { 125, "run --ulimit nofile=2:1 alpine", "the soft limit is above the hard one" },
        { 125, "run --ulimit nosuch=1 alpine", "there is no limit of this name" },
        { 125, "run --cap-add CAP_NOSUCH alpine", "CAP_NOSUCH" },
        { 125, "run --security-opt seccomp=/no/such alpine", "cannot read the seccomp profile" },
        { 125, "run --security-opt nosuch alpine", "cannot use --security-opt 'nosuch'" },
        { 125, "run --device /dev/nosuch alpine", "cannot use --device '/dev/nosuch'" },
        { 125, "run --device /etc/passwd alpine", "is no device" },
        { 125, "run --sysctl kernel.core_pattern=x alpine", "cannot use --sysctl 'kernel.core_pattern'" },
        { 125, "run --sysctl net.nosuch=1 alpine", "net" },
        { 125, "run --shm-size lots alpine", "cannot use --shm-size 'lots'" },
        { 125, "run --env-file /no/such alpine", "cannot read the environment file" },
        { 125, "run -v /no/such:/x alpine", "cannot mount '/no/such'" },
        { 125, "run -v /etc:x alpine", "is no absolute path in the container" },
        { 125, "run -v /etc:/ alpine", "root cannot be covered" },
        { 125, "run --tmpfs /t:lowerdir=/etc alpine", "is no option of a tmpfs" },
        { 125, "run -u nosuchuser alpine", "no user 'nosuchuser'" },
        { 125, "run -u 4294967296 alpine", "ids go from 0" },
        { 125, "run -u 1: alpine", "it is not USER or USER:GROUP" },
        { 125, "run -w relative alpine", "it needs to be an absolute path" },
        { 125, "run -h no_host! alpine", "cannot use the host name" },
        { 125, "run -it alpine", "the input device is not a TTY" },
        { 125, "exec nosuch true", "cannot find the container 'nosuch'" },
        { 125, "exec", "required argument missing" },
        { 125, "kill nosuch", "cannot find the container 'nosuch'" },
        { 125, "kill -s NOSUCH x", "cannot send the signal 'NOSUCH'" },
        { 125, "rm nosuch", "cannot find the container 'nosuch'" },
        { 125, "rmi nosuch", "cannot find the image 'nosuch'" },
        { 125, "inspect nosuch", "cannot inspect 'nosuch'" },
        { 125, "pull", "required argument missing" },
        { 125, "pull nosuchimage:tag", "cannot " },
        { 125, "nosuchverb", "there is no such command" },
        { 125, "ps --format xml", "option '--format' is one of table, json" },
        { 125, "completion tcsh", "cannot complete for 'tcsh'" },
    };

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public async Task Anything_ThatIsWrong_IsRefusedAndLeavesTheHostAsItWas()
    {
        // A pull that is refused may still have brought blobs: the image for another machine is here before.
        _own.Run("pull", "foreign").Succeeded();
        HostSnapshot before = _own.Snapshot();
        List<string> wrong = [];
        foreach (TheoryDataRow<int, string, string> row in Refused)
        {
            (int code, string line, string message) = row.Data;
            string[] arguments = line.Split(' ');
            if (arguments[0] == "run")
            {
                arguments = ["run", "--network", "none", .. arguments[1..]];
            }

            CommandResult result = _own.Run(arguments);
            if (result.ExitCode != code || !result.Error.Contains(message, StringComparison.Ordinal) || !HasTheShape(result.Error))
            {
                wrong.Add($"{line}\n    {result.ExitCode}, not {code}; '{message}' in: {result.Error.Trim()}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Run_WithWrongCredentials_SaysSoAndLeavesNothing()
    {
        Host.Requires(TestRegistry.PasswordTool);
        await using TestRegistry guarded = await TestRegistry.StartAsync(new TestRegistryOptions { Basic = ("user", "right") });
        string auth = Convert.ToBase64String("user:wrong"u8);
        _own.Scratch.Write("docker/config.json", $$"""{"auths": {"{{guarded.Authority}}": {"auth": "{{auth}}"} } }""");
        HostSnapshot before = _own.Snapshot();
        CommandResult result = _own.Run("run", "--rm", $"{guarded.Authority}/x", "true");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains(guarded.Authority, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", result.Error, StringComparison.Ordinal);
        Assert.True(HasTheShape(result.Error), result.Error);
        await before.AssertUnchangedAsync();
    }

    // 'crun-sharp: what: why', then hints, each indented; no full stop at the end, no trace of a stack.
    private static bool HasTheShape(string error)
    {
        string[] lines = error.TrimEnd('\n').Split('\n');
        int first = Array.FindIndex(lines, static line => line.StartsWith("crun-sharp: cannot ", StringComparison.Ordinal));
        return first >= 0
            && lines[first].Count(static letter => letter == ':') >= 2
            && !lines[first].EndsWith('.')
            && lines[(first + 1)..].All(static line => line.StartsWith("  ", StringComparison.Ordinal) && !line.StartsWith("   at ", StringComparison.Ordinal));
    }
}
