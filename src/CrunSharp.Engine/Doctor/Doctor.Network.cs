using System.Globalization;
using CrunSharp.Networks;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public static partial class Doctor
{
    private static Finding Tun()
    {
        Finding finding = new() { Name = "/dev/net/tun", Health = Health.Fine, Seen = "can be opened" };
        return NetworkHelper.Unusable() is not { } refusal ? finding : finding with
        {
            Health = Health.Missing,
            Seen = refusal.Why,
            Costs = "no private networks: only --network none and --network host",

            // The hint is a sentence and a command, the mending is the command.
            Mend = refusal.Hints[0][(refusal.Hints[0].IndexOf(": ", StringComparison.Ordinal) + 2)..],
        };
    }

    private static Finding NetworkProgram()
    {
        Finding finding = new() { Name = "network helper", Health = Health.Fine, Seen = "" };
        return NetworkHelper.FindProgram(Environment.GetEnvironmentVariable("PATH") ?? "") is { } helper
            ? finding with { Seen = helper.Path }
            : finding with
            {
                Health = Health.Missing,
                Seen = "neither slirp4netns nor pasta is installed",
                Costs = "no private networks: only --network none and --network host",
                Mend = "sudo apt-get install slirp4netns",
            };
    }

    internal static Finding LowPorts(string setting)
    {
        const int FirstOfUsers = 1024;
        bool open = int.TryParse(setting, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int first) && first < FirstOfUsers;
        return new Finding
        {
            Name = "low ports",
            Health = open ? Health.Fine : Health.Limited,
            Seen = $"ordinary users may listen from port {(first == 0 && !open ? FirstOfUsers : first)} on",
            Costs = open ? null : "with --network host, lower ports cannot be listened on",
            Mend = open ? null : "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80",
        };
    }
}
