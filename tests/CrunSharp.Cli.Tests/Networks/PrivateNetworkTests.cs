using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>What a container on a private network reaches: servers of this host, on an address that is not its loopback.</summary>
public sealed class PrivateNetworkTests
{
    private static readonly Need s_address = new("address", () => Address is null ? "no interface has an IPv4 address beyond loopback; ip address add" : null);

    private static Need[] Needs { get; } =
        [Host.Tun, Host.NetworkHelper, Host.UserNamespaces, Host.PublishedBinaries, Host.Images, TestRegistry.Installed, s_address];

    // Not an address that only a tunnel or another engine's bridge has: any of the host's own will do.
    private static IPAddress? Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(static device => device.NetworkInterfaceType != NetworkInterfaceType.Loopback && device.OperationalStatus == OperationalStatus.Up)
        .SelectMany(static device => device.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    [Fact]
    public async Task Container_OnAPrivateNetwork_SpeaksTcpAndUdpWithTheOutside()
    {
        Host.Requires(Needs);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using TcpListener tcp = new(Address!, 0);
        tcp.Start();
        using UdpClient udp = new(new IPEndPoint(Address!, 0));
        Task servers = Task.WhenAll(AnswerTcpAsync(tcp, end.Token), AnswerUdpAsync(udp, end.Token));

        string script = $"echo tcp | nc {Address} {Port(tcp.Server)}; tftp -g -r name -l /got {Address} {Port(udp.Client)}; cat /got";
        CommandResult result = await home.RunAsync("run", "--rm", "--network", "private", home.Image, "sh", "-c", script);
        Assert.Equal("answer to tcp\nanswer to udp\n", result.Output);

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => servers);
    }

    [Fact]
    public async Task Pasta_WhereSlirp4netnsIsMissing_ConnectsRootToo()
    {
        Host.Requires([.. Needs, Host.Root, Host.Overlay, Host.Command("pasta", "passt")]);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        using TcpListener listener = new(Address!, 0);
        listener.Start();
        Task<TcpClient> visitor = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask();
        string hide = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay -o lowerdir=/usr/bin,upperdir=/mnt/u,workdir=/mnt/w none /usr/bin"
            + " && rm -f /usr/bin/slirp4netns && umount -l /mnt && exec \"$@\"";
        string[] words = home.CommandLine(
            "run", "--rm", "--network", "private", home.Image, "sh", "-c", $"ls /sys/class/net; nc -w 5 {Address} {Port(listener.Server)} </dev/null");
        CommandResult result = await Command.RunAsync("unshare", ["--mount", "--propagation", "private", "sh", "-c", hide, "sh", .. words]);
        Assert.Equal((0, "lo\ntap0\n"), (result.Succeeded().ExitCode, result.Output));
        (await visitor.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public async Task Container_OnAPrivateNetwork_DoesNotReachTheHostsLoopback()
    {
        Host.Requires(Needs);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<TcpClient> visitor = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask();
        int port = Port(listener.Server);

        // 10.0.2.2 is the helper's name for the host.
        string script = $"nc -w 2 127.0.0.1 {port} </dev/null && echo reached; nc -w 2 10.0.2.2 {port} </dev/null && echo reached; echo tried";
        CommandResult result = await home.RunAsync("run", "--rm", "--network", "private", home.Image, "sh", "-c", script);
        Assert.Equal("tried\n", result.Output);
        Assert.False(visitor.IsCompleted);
    }

    [Fact]
    public async Task Container_OnNoNetwork_HasLoopbackThatIsUpAndNothingElse()
    {
        Host.Requires(Needs);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        string script = "cat /sys/class/net/lo/operstate; ls /sys/class/net; nc -l -p 7 </dev/null >/dev/null & "
            + "for try in 1 2 3 4 5 6 7 8 9; do echo x | nc 127.0.0.1 7 && echo connected && break; sleep 0.2; done";
        CommandResult result = await home.RunAsync("run", "--rm", "--network", "none", home.Image, "sh", "-c", script);
        Assert.StartsWith("unknown\nlo\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("connected", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Container_OnAPrivateNetwork_ResolvesNamesByTheHostsServer()
    {
        Host.Requires([.. Needs, Host.Root]);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using UdpClient server = new(new IPEndPoint(Address!, 53));
        Task answering = AnswerNamesAsync(server, end.Token);

        // The helper asks whom the host's resolv.conf names: here our own server, in a mount namespace of the test's own.
        string resolver = home.Write("resolv.conf", $"nameserver {Address}\n");
        string script = $"mount --bind {resolver} /etc/resolv.conf && exec \"$@\"";
        CommandResult result = await Command.RunAsync(
            "unshare", ["--mount", "sh", "-c", script, "sh", .. home.CommandLine("run", "--rm", "--network", "private", home.Image, "nslookup", "-type=a", "name.test", "10.0.2.3")]);
        Assert.Contains("192.0.2.77", result.Output, StringComparison.Ordinal);

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
    }

    [Fact]
    public async Task Container_OnTheNetworkOfAnother_ReachesItsLoopbackAndEndsWithItsOwnCode()
    {
        Host.Requires(Needs);
        await using PrivateHome home = await PrivateHome.MakeAsync();
        (await home.RunAsync("pull", "-q", home.Image)).Succeeded();
        Task<CommandResult> first = home.RunAsync(
            "run", "--rm", "--name", "server", "--network", "none", home.Image, "sh", "-c", "mkdir /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w");
        for (int attempt = 0; attempt < 200 && (await home.RunAsync("exec", "server", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/")).ExitCode != 0; attempt++)
        {
            Assert.False(first.IsCompleted, "the first container ended");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        CommandResult second = await home.RunAsync(
            "run", "--rm", "--network", "container:server", home.Image, "sh", "-c", "wget -q -O - http://127.0.0.1/; exit 7");
        Assert.Equal(("served\n", 7), (second.Output, second.ExitCode));
        (await home.RunAsync("rm", "-f", "server")).Succeeded();
        Assert.Equal(137, (await first).ExitCode);
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static async Task AnswerTcpAsync(TcpListener listener, CancellationToken end)
    {
        while (true)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(end);
            using StreamReader reader = new(client.GetStream(), Encoding.ASCII);
            string? line = await reader.ReadLineAsync(end);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"answer to {line}\n"), end);
        }
    }

    // RFC 1350: a file that is one short block, whoever asks for what. What is no request is an acknowledgement.
    private static async Task AnswerUdpAsync(UdpClient server, CancellationToken end)
    {
        while (true)
        {
            UdpReceiveResult question = await server.ReceiveAsync(end);
            if (question.Buffer is [0, 1, ..])
            {
                await server.SendAsync((byte[])[0, 3, 0, 1, .. "answer to udp\n"u8], question.RemoteEndPoint, end);
            }
        }
    }

    // RFC 1035, 4.1: the question comes back with one answer, whose name points to it.
    private static async Task AnswerNamesAsync(UdpClient server, CancellationToken end)
    {
        while (true)
        {
            UdpReceiveResult question = await server.ReceiveAsync(end);
            byte[] answer = [.. question.Buffer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77];
            (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
            await server.SendAsync(answer, question.RemoteEndPoint, end);
        }
    }

    /// <summary>A store for whoever runs the test: root with directories of its own, or an ordinary user's home.</summary>
    private sealed class PrivateHome : IAsyncDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly RootlessHome _home;

        private PrivateHome(RootlessHome home) => _home = home;

        public string Image => _home.Image;

        public static async Task<PrivateHome> MakeAsync() => new(await RootlessHome.MakeAsync());

        public string Write(string name, string text) => _directory.Write(name, text);

        public string[] CommandLine(params string[] arguments) => Environment.IsPrivilegedProcess
            ? [Host.Published("crun-sharp"), "--root", _directory["root"], "--runroot", _directory["run"], .. arguments]
            : [Host.Published("crun-sharp"), .. arguments];

        public Task<CommandResult> RunAsync(params string[] arguments)
        {
            string[] words = CommandLine(arguments);
            return Command.RunAsync(new CommandOptions { Environment = _home.Environment }, words[0], words[1..]);
        }

        public async ValueTask DisposeAsync()
        {
            await _home.DisposeAsync();
            await _directory.DisposeAsync();
        }
    }
}
