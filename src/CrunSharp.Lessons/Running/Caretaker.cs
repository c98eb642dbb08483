using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CrunSharp.Lessons;

/// <summary>A shell that clears up after a lesson once its input ends: also when the lesson was killed.</summary>
internal sealed class Caretaker : IAsyncDisposable
{
    // Told sessions; ends every process of those, runs what the lesson says, and removes the directory. It hears no
    // signal of a terminal: it is the one that must not be interrupted.
    private const string Duty =
        """
        trap '' INT TERM HUP
        sessions=' '
        while read -r word session; do
            case $word in
            begun) sessions+="$session " ;;
            ended) sessions=${sessions/ $session / } ;;
            esac
        done
        exec >/dev/null 2>&1
        living() {
            members=
            for stat in /proc/[0-9]*/stat; do
                line=; IFS= read -rd '' line <"$stat"
                set -- ${line##*) }
                case "$1 $sessions" in [!ZX]*" $4 "*) members+=" ${line%% *}" ;; esac
            done
            [ -n "$members" ]
        }
        while [ "$sessions" != ' ' ] && living; do
            kill -KILL $members
            sleep 0.01
        done
        eval "$1"
        chmod 700 "$LAB"
        rm -rf "$LAB"
        """;

    private readonly Process _shell;

    private Caretaker(Process shell) => _shell = shell;

    public static Caretaker Begin(Lab lab, IReadOnlyList<string> cleanUp)
    {
        ProcessStartInfo start = new("setsid", ["bash", "--norc", "--noprofile", "-c", Duty, "caretaker", string.Join('\n', cleanUp)])
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        lab.SetEnvironment(start.Environment);
        return new Caretaker(Process.Start(start)!);
    }

    /// <summary>From now on the session's processes do not outlive the lesson.</summary>
    public Task BegunAsync(int session) => TellAsync("begun", session);

    public Task EndedAsync(int session) => TellAsync("ended", session);

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private async Task TellAsync(string word, int session)
    {
        Stream input = _shell.StandardInput.BaseStream;
        await input.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{word} {session}\n")));
        await input.FlushAsync();
    }
}
