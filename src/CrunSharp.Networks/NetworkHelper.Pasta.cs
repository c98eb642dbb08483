using System.Globalization;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Networks;

public sealed partial class NetworkHelper
{
    private NetworkAttachment AttachPasta(int containerPid, CancellationToken cancellationToken)
    {
        // As real root it becomes 'nobody' before it joins, and then may not join.
        if (Identity.EffectiveUid == 0 && IdExtent.Read("/proc/self/uid_map") is [{ Outside: 0 }, ..])
        {
            throw new CrunException("cannot connect the container by pasta", "it does not work for root")
            {
                Hints = ["install the other helper: sudo apt-get install slirp4netns", WithoutNetwork],
            };
        }

        (SafeFileHandle number, SafeFileHandle tellNumber) = Descriptors.Pipe();
        using (number)
        {
            using HelperProcess process = Start(PastaArguments(containerPid), tellNumber);
            tellNumber.Dispose();

            // It goes to the background once packets flow, and says its new number just before.
            int pid = ReadNumber(process, number, cancellationToken);
            ProcessEnd end = process.Wait();
            return end.Status == 0 ? Attachment(pid) : throw Failed($"it ended with {end.Status}{Quote(process)}");
        }
    }

    internal static List<string> PastaArguments(int containerPid) =>
    [
        "pasta", "--config-net", "--quiet",

        // Nothing that listens inside appears outside, and the other way round.
        "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--no-map-gw",

        // The addresses that slirp4netns gives, so that a container cannot tell the helpers apart.
        "--address", "10.0.2.100", "--netmask", "24", "--gateway", "10.0.2.2", "--dns-forward", "10.0.2.3",
        "--mtu", $"{Mtu}", "--ns-ifname", Tap, "--pid", $"/proc/self/fd/{ReadyDescriptor}", $"{containerPid}",
    ];

    private int ReadNumber(HelperProcess process, SafeFileHandle number, CancellationToken cancellationToken)
    {
        // The daemon keeps the pipe open: its end would never come, but its line does.
        Span<byte> text = stackalloc byte[32];
        int length = 0;
        while (length < text.Length && !text[..length].Contains((byte)'\n'))
        {
            WaitForBytes(process, number, cancellationToken);
            int got = Descriptors.Read(number, text[length..]);
            if (got == 0)
            {
                throw Failed($"it ended with {process.Wait().Status}{Quote(process)}");
            }

            length += got;
        }

        return int.TryParse(Encoding.ASCII.GetString(text[..length]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? pid
            : throw Failed("it did not say its number");
    }
}
