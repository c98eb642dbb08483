using CrunSharp.Oci;

namespace CrunSharp.Cli.Output;

/// <summary>What a user reads when something did not work: what and why, and below it what helps.</summary>
internal static class Failure
{
    public static void Print(CrunException failure)
    {
        Print(failure.Message);
        foreach (string hint in failure.Hints)
        {
            Console.Error.WriteLine($"  {Printable.Text(hint)}");
        }
    }

    // Registries, archives and images have a say in these texts.
    public static void Print(string message) => Console.Error.WriteLine($"crun-sharp: {Printable.Text(message)}");

    public static void Warn(string message) => Console.Error.WriteLine($"crun-sharp: warning: {message}");
}
