using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;
using Process = System.Diagnostics.Process;

namespace CrunSharp.Networks.Tests;

/// <summary>Helpers are played by shell scripts: what is tested is how they are found, spoken to and given up.</summary>
public sealed class NetworkHelperTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _container = Command.Start(new CommandOptions(), "sleep", "60");

    public void Dispose()
    {
        _container.Kill();
        _container.WaitForExit();
        _container.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Find_WithoutTheDevice_SaysHowToLoadIt()
    {
        Script("slirp4netns", "");
        CrunException refusal = Assert.Throws<CrunException>(() => NetworkHelper.Find(_directory, _directory["tun"]));
        Assert.Contains("sudo modprobe tun", refusal.Hints[0], StringComparison.Ordinal);
        Assert.Contains("--network none", refusal.Hints[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_DeviceThatThisUserMayNotOpen_SaysHowToOpenIt()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may open everything");
        Script("slirp4netns", "");
        File.SetUnixFileMode(_directory.Write("tun", ""), UnixFileMode.None);
        CrunException refusal = Assert.Throws<CrunException>(() => NetworkHelper.Find(_directory, _directory["tun"]));
        Assert.Contains("sudo chmod 0666", refusal.Hints[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_BothInstalled_TakesTheSmallerOne()
    {
        Script("pasta", "");
        Script("slirp4netns", "");
        Assert.Equal(_directory["slirp4netns"], NetworkHelper.Find(_directory, "/dev/null").Path);
    }

    [Fact]
    public void Arguments_OfSlirp_KeepTheHostsLoopbackOut()
    {
        List<string> arguments = NetworkHelper.SlirpArguments(42, sandboxed: true, sixToo: false);
        Assert.Contains("--disable-host-loopback", arguments);
        Assert.Contains("--enable-sandbox", arguments);
        Assert.DoesNotContain("--enable-ipv6", arguments);
        Assert.Equal(["42", "tap0"], arguments[^2..]);
        Assert.DoesNotContain(arguments, argument => argument.Contains("api-socket", StringComparison.Ordinal));
    }

    [Fact]
    public void Arguments_OfPasta_ForwardNothing()
    {
        string arguments = string.Join(' ', NetworkHelper.PastaArguments(42));
        Assert.Contains("--tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --no-map-gw", arguments, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_OfPastaForRoot_KeepItsUserAndNameTheNetworkAlone()
    {
        List<string> arguments = NetworkHelper.PastaArgumentsOfRoot();
        Assert.Contains("--runas", arguments);
        Assert.Equal(["--netns", "/proc/self/fd/4"], arguments[^2..]);
        Assert.DoesNotContain("0", arguments);
    }

    [Fact]
    public async Task Attach_HelperThatIsReady_IsNamedByPidAndStart()
    {
        using NetworkAttachment attachment = await Slirp("printf 1 >&3; exec sleep 60").AttachAsync(_container.Id, CancellationToken.None);
        using Process helper = Process.GetProcessById(attachment.HelperPid);
        Assert.Equal("slirp4netns", attachment.Helper);
        Assert.Equal(["10.0.2.3"], attachment.NameServers);
        Assert.Equal(File.ReadAllText($"/proc/{helper.Id}/stat").Split(' ')[21], $"{attachment.HelperStartTime}");
        helper.Kill();
    }

    [Fact]
    public async Task Attach_HelperThatEnds_IsToldInItsOwnWords()
    {
        NetworkHelper helper = Slirp("echo 'WARNING: much' >&2; echo 'no such device' >&2; exit 3");
        CrunException failure = await Assert.ThrowsAsync<CrunException>(() => helper.AttachAsync(_container.Id, CancellationToken.None));
        Assert.Equal("cannot connect the container by slirp4netns: it ended with 3: no such device", failure.Message);
    }

    [Fact]
    public async Task Attach_SandboxThatTheHostRefuses_IsDoneWithout()
    {
        NetworkHelper helper = Slirp("case \"$*\" in *sandbox*) echo 'create_sandbox failed' >&2; exit 1;; esac; printf 1 >&3; exec sleep 60");
        using NetworkAttachment attachment = await helper.AttachAsync(_container.Id, CancellationToken.None);
        using Process process = Process.GetProcessById(attachment.HelperPid);
        process.Kill();
    }

    [Fact]
    public async Task Attach_Cancelled_LeavesNoHelper()
    {
        NetworkHelper helper = Slirp($"echo $$ > {_directory["pid"]}; exec sleep 60");
        using CancellationTokenSource cancel = new();
        Task<NetworkAttachment> attach = helper.AttachAsync(_container.Id, cancel.Token);
        while (!File.Exists(_directory["pid"]) || File.ReadAllText(_directory["pid"]).Length < 2)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attach);
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(_directory["pid"]).Trim()}"));
    }

    private NetworkHelper Slirp(string script)
    {
        Script("slirp4netns", script);
        return NetworkHelper.Find(_directory, "/dev/null");
    }

    private void Script(string name, string text) =>
        File.SetUnixFileMode(_directory.Write(name, $"#!/bin/sh\n{text}\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
