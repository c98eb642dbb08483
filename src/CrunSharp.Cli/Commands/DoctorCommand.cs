using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>doctor</c>: what the host offers, what is missing, and the command that mends it.</summary>
internal static class DoctorCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Command doctor = new("doctor", "Check what this host offers, and say what mends it");
        doctor.SetAction(static parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            bool usable = true;
            foreach (Finding finding in Doctor.Examine())
            {
                usable &= finding.Health != Health.Missing;
                output.WriteLine($"{Word(finding.Health)}  {finding.Name}: {finding.Seen}");
                if (finding.Costs is { } costs)
                {
                    output.WriteLine($"           {costs}");
                }

                if (finding.Mend is { } mend)
                {
                    output.WriteLine($"           mend it: {mend}");
                }
            }

            return usable ? ExitCode.Success : ExitCode.Limited;
        });
        return doctor;
    }

    private static string Word(Health health) => health switch
    {
        Health.Fine => "[fine]   ",
        Health.Limited => "[limited]",
        _ => "[missing]",
    };
}
